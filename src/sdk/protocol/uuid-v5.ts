/** The UUID of a name within a namespace (RFC 9562, version 5); undefined when the namespace is no UUID. */
export async function uuidV5(name: string, namespace: string): Promise<string | undefined> {
  const hex = namespace.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(hex)) return undefined;
  const space = Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const text = new TextEncoder().encode(name);
  const bytes = new Uint8Array(space.length + text.length);
  bytes.set(space);
  bytes.set(text, space.length);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes), 0, 16);
  hash.set([((hash[6] ?? 0) & 0x0f) | 0x50], 6);
  hash.set([((hash[8] ?? 0) & 0x3f) | 0x80], 8);
  const digits = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
