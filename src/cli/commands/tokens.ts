import { parseDuration } from "../../core/flow/index.ts";
import { SCOPES, type Scope } from "../../protocol/scope.ts";
import { commandGroup, leafCommand } from "../command.ts";
import { serverArgs, serverClient, wholeNumber } from "../command-flags.ts";
import { invalid } from "../exit-code.ts";
import { writeToStandardOutput } from "../report/run-report.ts";
import { renderTable } from "../report/table.ts";
import { stderr } from "../report/terminal.ts";

const print = (value: unknown) => writeToStandardOutput(`${JSON.stringify(value, null, 2)}\n`);

const create = leafCommand({
  about: {
    name: "create",
    description:
      "Make an access token and print it with its fields; it is shown this once. Needs a token with the scope admin.",
    examples: [
      "stepflow tokens create ci --scope runs:read --scope runs:write --expires-in 90d",
      "stepflow tokens create search --namespace search --scope admin",
    ],
  },
  args: {
    name: { type: "positional", required: true, description: "what it is for" },
    ...serverArgs,
    scope: { type: "string", valueHint: "SCOPE", description: `one of ${SCOPES.join(", ")}; may be repeated` },
    namespace: { type: "string", valueHint: "NAME", description: "otherwise that of the token it is made with" },
    "expires-in": {
      type: "string",
      valueHint: "DURATION",
      description: "from now on, for example 90d; otherwise never",
    },
    "allow-component": {
      type: "string",
      valueHint: "PATTERN",
      description: "only components like this in its runs, for example /text/*; may be repeated",
    },
  },
  async run({ args, every }) {
    const scopes = every("scope").map(scopeOf);
    if (scopes.length === 0) throw invalid("no scope is given", `add --scope, one of ${SCOPES.join(", ")}`);
    const patterns = every("allow-component");
    const made = await serverClient(args).createToken({
      name: args.name,
      scopes,
      ...(args.namespace === undefined ? {} : { namespace: args.namespace }),
      ...(args["expires-in"] === undefined ? {} : { expiresAt: timeAfter(args["expires-in"]) }),
      ...(patterns.length === 0 ? {} : { allowComponents: [...patterns] }),
    });
    await print(made);
    stderr.write(`${stderr.yellow("note:")} keep the token now, it is not shown again\n`);
    return 0;
  },
});

const list = leafCommand({
  about: { name: "list", description: "List access tokens, newest first, without their secrets." },
  args: {
    ...serverArgs,
    namespace: { type: "string", valueHint: "NAME", description: "only those of this namespace" },
    limit: { type: "string", valueHint: "N", default: "50", description: "how many" },
    cursor: { type: "string", valueHint: "CURSOR", description: "go on from the nextCursor of the page before" },
    format: { type: "enum", options: ["pretty", "json"], description: "pretty on a terminal, otherwise json" },
  },
  async run({ args }) {
    const page = await serverClient(args).tokens({
      namespace: args.namespace,
      limit: wholeNumber("limit", args.limit),
      cursor: args.cursor,
    });
    const pretty = (args.format ?? (process.stdout.isTTY ? "pretty" : "json")) === "pretty";
    const rows = page.tokens.map((token) => [
      token.id,
      token.namespace,
      token.name,
      token.scopes.join(" "),
      token.revokedAt === undefined ? (token.expiresAt ?? "never") : `revoked ${token.revokedAt}`,
      token.lastUsedAt ?? "never",
    ]);
    const head = ["token", "namespace", "name", "scopes", "expires", "last used"];
    await (pretty ? writeToStandardOutput(renderTable(head, rows)) : print(page));
    return 0;
  },
});

const revoke = leafCommand({
  about: { name: "revoke", description: "Revoke an access token; it is refused everywhere within 10 seconds." },
  args: {
    id: { type: "positional", required: true, description: "the token's id: the middle part of it" },
    ...serverArgs,
  },
  async run({ args }) {
    // Of a whole token only the part that is no secret goes into a URL.
    const id = /^sfe_([0-9a-f]+)_/.exec(args.id)?.[1] ?? args.id;
    await print(await serverClient(args).revokeToken(id));
    return 0;
  },
});

export const tokensCommand = commandGroup({ name: "tokens", description: "Make, list and revoke access tokens." }, [
  create,
  list,
  revoke,
]);

function scopeOf(text: string): Scope {
  const scope = SCOPES.find((known) => known === text);
  if (scope === undefined) throw invalid(`--scope ${text} is not a scope`, `known: ${SCOPES.join(", ")}`);
  return scope;
}

function timeAfter(text: string): string {
  const duration = parseDuration(text);
  if (duration.kind === "invalid") throw invalid(`--expires-in ${text}: ${duration.message}`, "for example 90d");
  return new Date(Date.now() + duration.ms).toISOString();
}
