/** Text files bundled as modules (wrangler's `rules`, esbuild's `loader`). */
declare module "*.yml" {
  const text: string;
  export default text;
}
