/**
 * Blobs of one namespace in R2, at `ns/<ns>/blobs/<hash>`. A key is written once and its bytes are what its name says: every
 * put is create-only, type and filename of the first writer stay, and what is read is hashed again. A long stream, whose hash is
 * known only at its end, goes to `ns/<ns>/uploads/<upload id>` in parts and is copied from there; an interrupted one leaves at
 * most a multipart upload, which R2 drops by itself, or an object under `uploads/`.
 */
import type { BlobStore, BlobType, StoredBlob } from "../core/ports/blob-store.ts";
import type { BlobId, Namespace } from "../protocol/ids.ts";
import { contentHash, toBlobId } from "./content-hash.ts";
import { DamagedBlobError } from "./damaged-blob-error.ts";
import { readParts } from "./stream-parts.ts";

export interface R2BlobStoreDeps {
  readonly bucket: R2Bucket;
  readonly namespace: Namespace;
  /** A fresh unique text for each call. */
  readonly newUploadId: () => string;
}

/** All parts but the last must be equally large; R2 asks for at least 5 MiB. Shorter streams are put in one piece. */
const PART_BYTES = 8 * 1024 * 1024;

interface PutOptions {
  readonly blobType: BlobType;
  readonly filename?: string;
}
type Part = Uint8Array<ArrayBuffer>;

export class R2BlobStore implements BlobStore {
  readonly #bucket: R2Bucket;
  readonly #prefix: string;
  readonly #newUploadId: () => string;

  constructor({ bucket, namespace, newUploadId }: R2BlobStoreDeps) {
    this.#bucket = bucket;
    this.#prefix = `ns/${namespace}`;
    this.#newUploadId = newUploadId;
  }

  async put(bytes: Uint8Array, options: PutOptions): Promise<StoredBlob> {
    const own = new Uint8Array(bytes);
    return this.#create(await contentHash(own), own, own.length, options);
  }

  async putStream(
    body: ReadableStream<Uint8Array>,
    options: PutOptions & { readonly maxBytes: number },
  ): Promise<StoredBlob> {
    const parts = readParts(body, PART_BYTES, options.maxBytes);
    const first = await parts.next();
    if (first.done) return this.put(new Uint8Array(), options);
    const second = await parts.next();
    if (second.done) return this.put(first.value, options);
    return this.#putLong([first.value, second.value], parts, options);
  }

  async head(id: BlobId): Promise<StoredBlob | undefined> {
    const object = await this.#bucket.head(this.#key(id));
    return object ? describe(id, object) : undefined;
  }

  async get(id: BlobId): Promise<(StoredBlob & { readonly bytes: Uint8Array }) | undefined> {
    const object = await this.#bucket.get(this.#key(id));
    if (!object) return undefined;
    const bytes = new Uint8Array(await object.arrayBuffer());
    if ((await contentHash(bytes)) !== id) throw new DamagedBlobError(id);
    return { ...describe(id, object), bytes };
  }

  async getStream(id: BlobId): Promise<(StoredBlob & { readonly body: ReadableStream<Uint8Array> }) | undefined> {
    const object = await this.#bucket.get(this.#key(id));
    return object ? { ...describe(id, object), body: verified(id, object) } : undefined;
  }

  async delete(id: BlobId): Promise<void> {
    await this.#bucket.delete(this.#key(id));
  }

  #key(id: BlobId): string {
    return `${this.#prefix}/blobs/${id}`;
  }

  async #create(
    id: BlobId,
    value: Part | ReadableStream,
    size: number,
    { blobType, filename }: PutOptions,
  ): Promise<StoredBlob> {
    const created = await this.#bucket.put(this.#key(id), value, {
      onlyIf: new Headers({ "if-none-match": "*" }),
      sha256: id,
      customMetadata: {
        blobType,
        // Metadata travels as headers.
        ...(filename !== undefined && { filename: encodeURIComponent(filename) }),
      },
    });
    if (created) return { id, blobType, size, ...(filename !== undefined && { filename }) };
    const existing = await this.head(id);
    // It was deleted between the two calls: this put is as if it had come before that.
    return existing ?? { id, blobType, size, ...(filename !== undefined && { filename }) };
  }

  async #putLong(start: readonly Part[], rest: AsyncGenerator<Part>, options: PutOptions): Promise<StoredBlob> {
    const key = `${this.#prefix}/uploads/${this.#newUploadId()}`;
    const upload = await this.#bucket.createMultipartUpload(key);
    const digest = new crypto.DigestStream("SHA-256");
    const writer = digest.getWriter();
    const uploaded: R2UploadedPart[] = [];
    let size = 0;
    const take = async (part: Part): Promise<void> => {
      size += part.length;
      await writer.write(part);
      uploaded.push(await upload.uploadPart(uploaded.length + 1, part));
    };
    try {
      for (const part of start) await take(part);
      for await (const part of rest) await take(part);
      await writer.close();
    } catch (cause) {
      // The digest is of no use any more; waiting for it would fail.
      digest.digest.catch(() => {});
      await writer.abort(cause).catch(() => {});
      await upload.abort();
      throw cause;
    }
    const id = toBlobId(await digest.digest);
    const existing = await this.head(id);
    if (existing) {
      await upload.abort();
      return existing;
    }
    await upload.complete(uploaded);
    try {
      const object = await this.#bucket.get(key);
      if (!object) throw new Error(`the upload ${key} vanished before it was copied`);
      return await this.#create(id, object.body, size, options);
    } finally {
      await this.#bucket.delete(key);
    }
  }
}

/** The same bytes; the stream fails at its end, and so is cut off for whoever reads it, when they are not what the id says. */
function verified(id: BlobId, { body, size }: R2ObjectBody): ReadableStream<Uint8Array> {
  const digest = new crypto.DigestStream("SHA-256");
  const writer = digest.getWriter();
  const check = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      await writer.write(chunk);
      controller.enqueue(chunk);
    },
    async flush() {
      await writer.close();
      if (toBlobId(await digest.digest) !== id) throw new DamagedBlobError(id);
    },
  });
  // Its length is known, so that an answer with it has a content-length.
  return body.pipeThrough(check).pipeThrough(new FixedLengthStream(size));
}

function describe(id: BlobId, { size, customMetadata }: R2Object): StoredBlob {
  const { blobType, filename } = customMetadata ?? {};
  return {
    id,
    size,
    blobType: blobType === "flow" || blobType === "binary" ? blobType : "data",
    ...(filename !== undefined && { filename: decodeURIComponent(filename) }),
  };
}
