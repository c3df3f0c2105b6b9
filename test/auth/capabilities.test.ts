import { expect, test } from "vitest";
import { Capabilities } from "../../src/auth/capabilities.ts";
import { WorkerBlobAccess } from "../../src/auth/worker-blob-access.ts";
import type { Namespace } from "../../src/protocol/ids.ts";

const capabilities = new Capabilities("the deployment's secret");

test("a capability reads back what was put in, for its purpose and under its secret only", () => {
  const issued = capabilities.issue("a", ["ü", { n: 1 }]);
  expect(issued).toMatch(/^[\w-]+\.[\w-]+$/);
  expect(capabilities.read("a", issued)).toEqual(["ü", { n: 1 }]);
  expect(capabilities.read("b", issued)).toBeUndefined();
  expect(new Capabilities("another").read("a", issued)).toBeUndefined();
});

test("nothing that was changed, cut or made up is one", () => {
  const issued = capabilities.issue("a", ["x"]);
  const [content = "", signature = ""] = issued.split(".");
  const other = capabilities.issue("a", ["y"]).split(".")[0];
  const forged = [
    "",
    ".",
    content,
    `${content}.`,
    `.${signature}`,
    `${other}.${signature}`,
    `${content}.${signature.slice(0, -2)}`,
    `${content}.${signature}.${signature}`,
    `${content}.${signature}=`,
    "ö.ö",
  ];
  expect(forged.map((text) => capabilities.read("a", text))).toEqual(forged.map(() => undefined));
});

test("the segment for blobs opens its namespace until the end of the next day", () => {
  const day = 24 * 60 * 60 * 1000;
  let now = 20_000 * day + 1000;
  const access = new WorkerBlobAccess(capabilities, () => now);
  const segment = access.segment("ns" as Namespace, "python");
  expect(access.segment("ns" as Namespace, "python")).toBe(segment);
  expect(access.segment("ns" as Namespace, "other")).not.toBe(segment);
  now += day;
  expect(access.segment("ns" as Namespace, "python")).not.toBe(segment);
  expect(access.open(segment)).toBe("ns");
  now += day;
  expect(access.open(segment)).toBeUndefined();
  expect(access.open("made.up")).toBeUndefined();
});
