/** One call of the HTTP worker, the same bytes from every peer that has no protocol of its own for it. */
export async function callCount(workerUrl: string, n: number, id: number): Promise<number> {
  const response = await fetch(workerUrl, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id,
      method: "components/execute",
      params: { component: "/count", input: { n }, attempt: 1, observability: {} },
    }),
  });
  if (response.status !== 200) throw new Error(`the HTTP worker answered ${response.status}`);
  const reply: { readonly result: { readonly output: { readonly n: number } } } = JSON.parse(await response.text());
  return reply.result.output.n;
}
