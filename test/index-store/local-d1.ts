import type { D1Database } from "@cloudflare/workers-types";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

/** A D1 database of its own in the local runtime, in memory. Dispose of it after the tests. */
export async function openLocalD1(): Promise<{ readonly db: D1Database; dispose(): Promise<void> }> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: "export default { fetch() { return new Response(null, { status: 404 }); } };",
      compatibilityDate: "2026-10-23",
      d1Databases: ["DB"],
    }),
  );
  return { db: await miniflare.getD1Database("DB"), dispose: () => miniflare.dispose() };
}
