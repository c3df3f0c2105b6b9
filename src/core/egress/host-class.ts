import { isIpLiteral } from "./host-pattern.ts";

/** What a host is by its text alone; what a name resolves to cannot be seen here. */
export type HostClass = "public_name" | "public_address" | "private" | "metadata";

const METADATA_NAMES: ReadonlySet<string> = new Set([
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "instance-data",
  "instance-data.ec2.internal",
]);
const PRIVATE_SUFFIXES = [
  "localhost",
  "local",
  "localdomain",
  "internal",
  "intranet",
  "lan",
  "home",
  "corp",
  "private",
  "home.arpa",
];

/** IPv4 blocks that are not the open internet: first address, length of the prefix. */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];
/** Link-local, where clouds answer for the machine, and the two that sit elsewhere. */
const METADATA_V4: readonly (readonly [string, number])[] = [
  ["169.254.0.0", 16],
  ["100.100.100.200", 32],
  ["168.63.129.16", 32],
];

/** `host` is in the URL parser's normal form, without a dot at its end. */
export function classifyHost(host: string): HostClass {
  if (!isIpLiteral(host)) return classifyName(host);
  return host.startsWith("[") ? classifyV6(host.slice(1, -1)) : classifyV4(numberOfV4(host));
}

function classifyName(host: string): HostClass {
  if (METADATA_NAMES.has(host)) return "metadata";
  const isPrivate =
    !host.includes(".") || PRIVATE_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
  return isPrivate ? "private" : "public_name";
}

function classifyV4(address: number): HostClass {
  if (METADATA_V4.some((block) => isIn(address, block))) return "metadata";
  return PRIVATE_V4.some((block) => isIn(address, block)) ? "private" : "public_address";
}

function isIn(address: number, [first, length]: readonly [string, number]): boolean {
  const size = 2 ** (32 - length);
  return Math.floor(address / size) === Math.floor(numberOfV4(first) / size);
}

function numberOfV4(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Only 2000::/3 is the open internet; of it, what carries an IPv4 address is judged by that. */
function classifyV6(address: string): HostClass {
  const words = wordsOfV6(address);
  const [a = 0, b = 0, c = 0, , , , g = 0, h = 0] = words;
  const low = g * 65_536 + h;
  // fe80::/10, and where AWS answers.
  if ((a & 0xffc0) === 0xfe80 || address === "fd00:ec2::254") return "metadata";
  const isZeroTo = (count: number): boolean => words.slice(0, count).every((word) => word === 0);
  // ::a.b.c.d, ::ffff:a.b.c.d, ::ffff:0:a.b.c.d and 64:ff9b::a.b.c.d.
  const mapsV4 =
    isZeroTo(6) ||
    (isZeroTo(5) && words[5] === 0xffff) ||
    (isZeroTo(4) && words[4] === 0xffff && words[5] === 0) ||
    (a === 0x64 && b === 0xff9b);
  if (mapsV4) return classifyV4(low);
  if (a === 0x2002) return classifyV4(b * 65_536 + c);
  const isDocumentation = a === 0x2001 && b === 0xdb8;
  // Teredo and other special uses are in 2001::/23.
  const isSpecial = a === 0x2001 && b < 0x200;
  return (a & 0xe000) === 0x2000 && !isDocumentation && !isSpecial ? "public_address" : "private";
}

function wordsOfV6(address: string): readonly number[] {
  const [head = "", tail] = address.split("::");
  const read = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  if (tail === undefined) return read(head);
  const [first, last] = [read(head), read(tail)];
  return [...first, ...Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last];
}
