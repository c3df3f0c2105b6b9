import { describe, expect, test } from "vitest";
import { execute, output } from "./execute.ts";

describe("normalize", () => {
  test.each([
    ["line ends", { text: "a\r\nb\rc" }, "a\nb\nc"],
    ["spaces", { text: "  a \u00a0\t b  \n c " }, "a b\nc"],
    ["blank lines", { text: "a\n\n \n\nb\n" }, "a\n\nb"],
    ["one line", { text: "a\n\n b", whitespace: "single_line" }, "a b"],
    ["white space kept", { text: " a \n", whitespace: "keep" }, " a \n"],
    ["quotes and dashes", { text: "“Hi” ‘x’ – it’s… done—so «there»" }, '"Hi" \'x\' - it\'s... done--so "there"'],
    ["quotes kept", { text: "“Hi”", quotes: "keep" }, "“Hi”"],
    ["composition", { text: "e\u0301" }, "\u00e9"],
    ["compatibility forms", { text: "ﬁ①", form: "NFKC" }, "fi1"],
    ["invisible characters", { text: "a\u200bb\ufeffc\u0000d\u00ade" }, "abcde"],
    ["joiners stay: they make emoji and Indic letters", { text: "👨‍👩‍👧" }, "👨‍👩‍👧"],
    ["accents", { text: "Crème brûlée, ß", strip_accents: true }, "Creme brulee, ß"],
    ["case", { text: "ÄB", lower_case: true }, "äb"],
    ["nothing", { text: "" }, ""],
  ])("settles %s", async (_, input, expected) => {
    const result = await output("normalize", input);
    expect(result.text).toBe(expected);
    expect(result.changed).toBe(expected !== input.text);
    expect((await output("normalize", { ...input, text: result.text })).text).toBe(expected);
  });
});

describe("redact", () => {
  test.each([
    ["e-mail", "Write to jane.doe+x@mail.example.org.", "Write to [email]."],
    ["e-mail with umlauts", "an jürgen@müller.de!", "an [email]!"],
    ["URL up to its punctuation", "See (https://example.org/a?b=1&c=2).", "See ([url])."],
    ["e-mail inside a URL goes with it", "https://example.org/?to=a@b.org", "[url]"],
    ["IBAN with spaces", "IBAN DE89 3704 0044 0532 0130 00 GMBH", "IBAN [iban] GMBH"],
    ["IBAN without", "GB82WEST12345698765432", "[iban]"],
    ["IBAN before capitals", "NL91 ABNA 0417 1643 00 BANK AG", "[iban] BANK AG"],
    ["no IBAN: checksum", "DE89 3704 4711 4532 8130 01", "DE89 3704 4711 4532 8130 01"],
    ["card", "4111 1111 1111 1111", "[card]"],
    ["no card: checksum", "4111 1111 1111 1112", "4111 1111 1111 1112"],
    ["phone, international", "+49 (30) 123456-78", "[phone]"],
    ["phone, national", "030/1234567 or (0221) 998877", "[phone] or [phone]"],
    ["no phone: a date", "on 12.03.2024 and 01/02/2024", "on 12.03.2024 and 01/02/2024"],
    ["no phone: plain numbers", "order 4711 for 1234567 pieces", "order 4711 for 1234567 pieces"],
    ["IP", "from 192.168.0.1, not 999.1.1.1 or 1.2.3.4.5", "from [ip], not 999.1.1.1 or 1.2.3.4.5"],
    ["nothing", "", ""],
  ])("finds %s", async (_, text, expected) => {
    expect((await output("redact", { text })).text).toBe(expected);
  });

  test("says where and how many, without repeating what it found", async () => {
    const text = "a@b.org and c@d.org, 10.0.0.1";
    const result = await output("redact", { text });
    expect(result.counts).toEqual({ email: 2, ip: 1 });
    expect(result.redactions.map(({ start, end }: { start: number; end: number }) => text.slice(start, end))).toEqual([
      "a@b.org",
      "c@d.org",
      "10.0.0.1",
    ]);
  });

  test("looks only for the kinds asked for, with the replacement asked for", async () => {
    const input = { text: "a@b.org 10.0.0.1", kinds: ["email"], replacement: "<$&{kind}>" };
    expect((await output("redact", input)).text).toBe("<$&email> 10.0.0.1");
  });

  test.each(["a@", "+1 ", "1", "1.", "A1B2 ", "https://", "(0", "a.b@c."])(
    "is quick on a megabyte of %j",
    async (piece) => {
      const { redactions } = await output("redact", { text: piece.repeat(1_000_000 / piece.length) });
      expect(Array.isArray(redactions)).toBe(true);
    },
    2_000,
  );
});

describe("shorten", () => {
  test("leaves a text alone that fits", async () => {
    expect(await output("shorten", { text: "Short\ntext.", max_characters: 11 })).toEqual({
      text: "Short\ntext.",
      characters: 11,
      done: true,
      removed: null,
    });
  });

  test("leaves out the least central sentence, one a round", async () => {
    const text = "Bees make honey. Cars are red. Honey bees like flowers. Flowers need bees.";
    expect(await output("shorten", { text, max_characters: 10 })).toEqual({
      text: "Bees make honey. Honey bees like flowers. Flowers need bees.",
      characters: 60,
      done: false,
      removed: "Cars are red.",
    });
  });

  test.each([
    ["between words", "Supercalifragilistic words", 23, "Supercalifragilistic…", "words"],
    ["inside a word that is too long", "Supercalifragilistic", 6, "Super…", "califragilistic"],
    ["after a whole emoji", "👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 2, "👨‍👩‍👧…", "👨‍👩‍👧👨‍👩‍👧"],
    ["to nothing but the ellipsis", "word", 1, "…", "word"],
  ])("cuts the last sentence %s", async (_, text, max_characters, expected, removed) => {
    expect(await output("shorten", { text, max_characters })).toMatchObject({ text: expected, done: true, removed });
  });

  test("comes to an end on every text", async () => {
    for (let text = "A b c. D e f! G h i? ".repeat(10), rounds = 0; ; rounds += 1) {
      const result = await output("shorten", { text, max_characters: 5 });
      expect(rounds).toBeLessThan(40);
      if (result.done) break;
      expect(result.text.length).toBeLessThan(text.length);
      text = result.text;
    }
  });
});

describe("render_report", () => {
  test("writes the sections it is given", async () => {
    const input = {
      title: "On\nBees",
      summary: "Bees make honey.",
      keywords: [{ phrase: "bees", score: 2, count: 3 }],
      statistics: { words: 250, sentences: 12, reading_seconds: 65, reading_ease: 71.2, characters: 9 },
    };
    expect((await output("render_report", input)).markdown).toBe(
      "# On Bees\n\n250 words · 12 sentences · 1 min · reading ease 71.2\n\n## Summary\n\nBees make honey.\n\n## Keywords\n\n- bees (3×)\n",
    );
  });

  test("leaves out what it is not given", async () => {
    expect((await output("render_report", { title: "T", summary: " ", keywords: [] })).markdown).toBe("# T\n");
    expect(await execute("render_report", { title: "" })).toMatchObject({ kind: "invalid_input" });
  });
});
