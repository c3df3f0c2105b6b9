/** Values travel as they are up to this size, as references above it (A8); what workers are told as their threshold as well. */
export const MAX_VALUE_BYTES = 8 * 2 ** 20;
