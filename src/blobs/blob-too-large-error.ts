/** A stream that is longer than its caller allows; nothing of it was kept. */
export class BlobTooLargeError extends Error {
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`the blob is larger than the ${maxBytes} bytes allowed`);
    this.name = "BlobTooLargeError";
    this.maxBytes = maxBytes;
  }
}
