/** One thing wrong with a value; `pointer` is a JSON Pointer (RFC 6901) into it, empty for the whole. */
export interface Fault {
  readonly pointer: string;
  readonly message: string;
}
