import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import { blobStoreContract } from "./blob-store-contract.ts";

blobStoreContract("memory", () => new MemoryBlobStore());
