/**
 * The part of the Restate SDK that the benchmark uses. Written down here because the package is installed on demand: type
 * checking and linting must not need it.
 */
export interface RestateContext {
  run<T>(name: string, action: () => Promise<T>): Promise<T>;
}
export interface RestateSdk {
  service(definition: {
    readonly name: string;
    readonly handlers: Readonly<Record<string, (ctx: RestateContext, input: never) => Promise<unknown>>>;
  }): unknown;
  endpoint(): { bind(service: unknown): { listen(port: number): Promise<number> } };
  readonly RestatePromise: { all<T>(promises: readonly Promise<T>[]): Promise<T[]> };
}

export async function loadRestateSdk(): Promise<RestateSdk> {
  const specifier = "@restatedev/restate-sdk";
  const sdk: RestateSdk = await import(specifier);
  return sdk;
}
