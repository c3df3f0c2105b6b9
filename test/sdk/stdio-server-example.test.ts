/**
 * The TypeScript example of the document on custom components, as written there, as a real stdio worker. Its package name is
 * mapped to ours, and `sharp` stands in for the image library: it reads PNG headers and writes nothing but what it is told.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { programPath } from "./worker-process.ts";

const document = fileURLToPath(new URL("../../../shared/seeds/custom-components.md", import.meta.url));
const isThere = existsSync(document);
const program = isThere ? (/^```typescript\n([\s\S]*?)^```$/m.exec(readFileSync(document, "utf8"))?.[1] ?? "") : "";

const SHARP = `
import { copyFile, readFile } from "node:fs/promises";
export default function sharp(path) {
  const size = async () => { const png = await readFile(path); return { width: png.readUInt32BE(16), height: png.readUInt32BE(20), size: png.length }; };
  const pipeline = { metadata: size, stats: size, toFile: (to) => copyFile(path, to) };
  for (const name of ["resize", "extract", "rotate", "blur", "sharpen", "jpeg", "png", "webp"]) pipeline[name] = () => pipeline;
  return pipeline;
}`;
/** One transparent pixel. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";

describe.runIf(isThere)("the TypeScript example of custom-components.md", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "stepflow-stdio-"));
    await mkdir(join(folder, "node_modules/@stepflow/sdk"), { recursive: true });
    await mkdir(join(folder, "node_modules/sharp"));
    await symlink(programPath("node_modules/zod"), join(folder, "node_modules/zod"));
    const sdk = JSON.stringify(programPath("src/sdk/index.ts"));
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    await writeFile(join(folder, "node_modules/@stepflow/sdk/package.json"), '{"type":"module","main":"index.js"}');
    await writeFile(join(folder, "node_modules/@stepflow/sdk/index.js"), `export * from ${sdk};`);
    await writeFile(join(folder, "node_modules/sharp/package.json"), '{"type":"module","main":"index.js"}');
    await writeFile(join(folder, "node_modules/sharp/index.js"), SHARP);
    await writeFile(join(folder, "pixel.png"), Buffer.from(PNG, "base64"));
    await writeFile(join(folder, "image-processing-components.ts"), program);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("runs as written", async () => {
    const child = spawn(process.execPath, ["image-processing-components.ts"], {
      cwd: folder,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const call = async (method: string, params: object) => {
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: method, method, params })}\n`);
      return JSON.parse((await lines.next()).value ?? "null");
    };
    expect(await call("initialize", { runtime_protocol_version: 1 })).toMatchObject({ id: "initialize" });
    const { components } = (await call("components/list", {})).result;
    expect(components).toMatchObject([
      {
        component: "/process_image",
        input_schema: { required: ["image_path", "operations"], properties: { quality: { default: 85 } } },
      },
      { component: "/batch_process_images" },
    ]);
    const operations = [
      { type: "resize", parameters: { width: 2 } },
      { type: "sharpen", parameters: {} },
    ];
    const process_image = (input: object) =>
      call("components/execute", { component: "/process_image", input, attempt: 1 });
    expect((await process_image({ image_path: "pixel.png", operations, output_format: "png" })).result.output).toEqual({
      success: true,
      output_path: "pixel_processed.png",
      original_size: { width: 1, height: 1, fileSize: expect.any(Number) },
      processed_size: { width: 1, height: 1, fileSize: expect.any(Number) },
      operations_applied: ["resize(2xundefined)", "sharpen"],
      processing_time_ms: expect.any(Number),
    });
    expect((await process_image({ image_path: "missing.png", operations })).result.output).toMatchObject({
      success: false,
      error_message: expect.stringContaining("ENOENT"),
    });
    expect((await process_image({ image_path: "pixel.png", operations, quality: 101 })).error).toMatchObject({
      code: -32602,
      data: { faults: [{ pointer: "/quality" }] },
    });
    const batch = { image_directory: ".", operations, output_directory: "out" };
    const answer = await call("components/execute", { component: "/batch_process_images", input: batch, attempt: 1 });
    expect(answer.result.output).toMatchObject({
      success: true,
      total_images: 2,
      processed_images: 2,
      failed_images: 0,
    });
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

test.runIf(!isThere)(
  "there is no ../shared/seeds/custom-components.md beside the project: its example is not run",
  () => {
    expect(program).toBe("");
  },
);
