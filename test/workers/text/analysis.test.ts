import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { output } from "./execute.ts";

const declaration = readFileSync(
  new URL("../../../flows/inputs/declaration-of-independence.txt", import.meta.url),
  "utf8",
);
const metamorphosis = readFileSync(new URL("../../../flows/inputs/verwandlung.txt", import.meta.url), "utf8");

const spaced = (text: string) => text.replace(/\s+/g, " ");

describe("split_sentences", () => {
  test.each([
    ["titles", "Mr. Smith met Dr. Jones. They left.", ["Mr. Smith met Dr. Jones.", "They left."]],
    ["initials", "J. R. R. Tolkien wrote. We read.", ["J. R. R. Tolkien wrote.", "We read."]],
    ["Latin abbreviations", "Fruit, e.g. Apples, is cheap. Buy it.", ["Fruit, e.g. Apples, is cheap.", "Buy it."]],
    ["German abbreviations", "Er kam ca. Montag. Dann ging er.", ["Er kam ca. Montag.", "Dann ging er."]],
    ["a sentence that ends in I", "It was I. You know.", ["It was I.", "You know."]],
    ["hard-wrapped lines", "One sentence\nover two lines. Next.", ["One sentence\nover two lines.", "Next."]],
    ["list items", "Todo:\n- first\n- second\n1. third", ["Todo:", "- first", "- second", "1. third"]],
    ["paragraphs without a stop", "Heading\n\nText here", ["Heading", "Text here"]],
    ["Japanese", "今日は晴れです。散歩に行きます。", ["今日は晴れです。", "散歩に行きます。"]],
    ["questions and quotes", '"Why?" she asked. Nobody knew!', ['"Why?" she asked.', "Nobody knew!"]],
    ["decimals", "It costs 3.50 euros. Cheap.", ["It costs 3.50 euros.", "Cheap."]],
    ["nothing", "", []],
  ])("knows %s", async (_, text, expected) => {
    const { sentences, count } = await output("split_sentences", { text });
    expect(sentences.map((sentence: { text: string }) => sentence.text)).toEqual(expected);
    expect(count).toBe(expected.length);
    for (const { start, end, text: sentence } of sentences) expect(text.slice(start, end)).toBe(sentence);
  });
});

describe("statistics", () => {
  test("counts by hand-checked figures", async () => {
    const text = "The cat sat on the mat. The cat slept.\n\nIt was warm — 20° outside 😀";
    expect(await output("statistics", { text, top_words: 2, words_per_minute: 60 })).toEqual({
      characters: 67,
      words: 14,
      distinct_words: 11,
      sentences: 3,
      paragraphs: 2,
      words_per_sentence: 4.7,
      reading_seconds: 14,
      reading_ease: expect.any(Number),
      top_words: [
        { word: "cat", count: 2 },
        { word: "mat", count: 1 },
      ],
      language: "en",
    });
  });

  test("finds an easy text easier than a hard one, by the formula of its language", async () => {
    const ease = async (text: string) => (await output("statistics", { text })).reading_ease;
    expect(await ease("The cat sat on the mat. It was a good cat.")).toBeGreaterThan(100);
    expect(await ease(declaration)).toBeLessThan(60);
    expect(await ease("Der Hund lief nach Haus. Er war froh.")).toBeGreaterThan(await ease(metamorphosis));
    expect(await ease("Le chat est sur la table.")).toBeNull();
  });

  test("has figures for nothing", async () => {
    expect(await output("statistics", { text: "" })).toMatchObject({
      characters: 0,
      words: 0,
      sentences: 0,
      paragraphs: 0,
      words_per_sentence: 0,
      reading_ease: null,
      top_words: [],
    });
  });

  test("takes differently composed letters as the same word", async () => {
    const { distinct_words } = await output("statistics", { text: "café cafe\u0301 CAFÉ" });
    expect(distinct_words).toBe(1);
  });
});

describe("detect_language", () => {
  test.each([
    ["en", "The quick brown fox jumps over the lazy dog and it is not amused."],
    ["de", "Der schnelle braune Fuchs springt über den faulen Hund und ist nicht müde."],
    ["fr", "Le renard brun saute par-dessus le chien paresseux et il est content avec nous."],
    ["es", "El rápido zorro marrón salta sobre el perro perezoso porque no hay otro camino."],
    ["it", "La volpe marrone salta sopra il cane pigro perché non c'è altra strada."],
    ["pt", "A raposa marrom não salta sobre o cão porque ele está com muito sono."],
    ["nl", "De snelle bruine vos springt over de luie hond omdat het niet anders kan."],
    ["ru", "Быстрая лиса прыгает через ленивую собаку."],
    ["el", "Η γρήγορη αλεπού πηδάει πάνω από τον σκύλο."],
    ["ja", "素早い茶色の狐がのろまな犬を飛び越える。"],
    ["zh", "敏捷的棕色狐狸跳过懒狗。"],
    ["ko", "빠른 갈색 여우가 게으른 개를 뛰어넘는다."],
    ["ar", "الثعلب السريع يقفز فوق الكلب الكسول"],
    ["he", "השועל המהיר קופץ מעל הכלב העצלן"],
    ["hi", "तेज़ भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है"],
    ["th", "สุนัขจิ้งจอกกระโดดข้ามสุนัขขี้เกียจ"],
  ])("tells %s", async (language, text) => {
    const found = await output("detect_language", { text });
    expect(found.language).toBe(language);
    expect(found.confidence).toBeGreaterThan(0.4);
  });

  test.each(["", "12345 !!! 🎉", "xyzzy"])("says null when nothing tells: %j", async (text) => {
    expect(await output("detect_language", { text })).toEqual({ language: null, confidence: 0, candidates: [] });
  });

  test("is sure of a real text", async () => {
    expect((await output("detect_language", { text: declaration })).confidence).toBeGreaterThan(0.8);
    expect((await output("detect_language", { text: metamorphosis })).confidence).toBeGreaterThan(0.8);
  });
});

describe("extract_keywords", () => {
  const phrases = async (input: object): Promise<string[]> =>
    (await output("extract_keywords", input)).keywords.map(({ phrase }: { phrase: string }) => phrase);

  test("finds what a real text is about", async () => {
    const found = await phrases({ text: declaration, limit: 12 });
    expect(found).toEqual(expect.arrayContaining(["people", "laws", "independent states", "government"]));
  });

  test.each([
    [
      "stop words and punctuation part phrases",
      { text: "red apples and green pears, blue plums" },
      ["blue plums", "green pears", "red apples"],
    ],
    ["hyphens and apostrophes do not", { text: "a well-known baker's shop" }, ["known baker's shop"]],
    ["longer runs are left out", { text: "one alpha beta gamma delta. epsilon", max_words: 2 }, ["epsilon"]],
    ["repetition counts", { text: "tea. tea. tea. iced coffee machine" }, ["tea", "iced coffee machine"]],
    ["German stop words", { text: "Der Hund und die Katze", language: "de" }, ["hund", "katze"]],
    ["numbers and single letters are no keywords", { text: "x 42 1776 engine" }, ["engine"]],
    ["rare phrases can be left out", { text: "tea. tea. milk.", min_count: 2 }, ["tea"]],
    ["nothing", { text: "" }, []],
    ["only stop words", { text: "to be or not to be" }, []],
  ])("%s", async (_, input, expected) => {
    expect(await phrases(input)).toEqual(expected);
  });

  test("gives at most `limit`, best first", async () => {
    const { keywords } = await output("extract_keywords", { text: declaration, limit: 5 });
    const scores = keywords.map(({ score }: { score: number }) => score);
    expect(scores).toHaveLength(5);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });
});

describe("summarize", () => {
  test("keeps central sentences in their order and wording", async () => {
    const { summary, sentences, source_sentences, compression } = await output("summarize", {
      text: declaration,
      sentences: 4,
    });
    expect(sentences).toHaveLength(4);
    expect(source_sentences).toBe(48);
    const starts = sentences.map(({ start }: { start: number }) => start);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    for (const { start, end, text } of sentences) expect(declaration.slice(start, end)).toBe(text);
    expect(summary).toBe(spaced(sentences.map(({ text }: { text: string }) => text).join(" ")));
    expect(compression).toBeLessThan(0.3);
  });

  test("prefers the sentence that shares its words with the others", async () => {
    const text = "Bees make honey. A car is red. Honey bees visit flowers to make honey. Flowers need bees.";
    expect((await output("summarize", { text, sentences: 1 })).summary).toBe("Honey bees visit flowers to make honey.");
  });

  test.each([
    ["fewer sentences than asked for", { text: "One. Two.", sentences: 5 }, "One. Two."],
    ["sentences without content words", { text: "And so on. But not. If.", sentences: 1 }, "And so on."],
    ["nothing", { text: "" }, ""],
  ])("copes with %s", async (_, input, summary) => {
    expect((await output("summarize", input)).summary).toBe(summary);
  });

  test("ranks only the most central sentences of a very long text", async () => {
    const filler = Array.from({ length: 1_500 }, (_, n) => `Entry ${n} speaks of subject${n} alone.`);
    const { sentences } = await output("summarize", { text: [...filler, declaration].join("\n"), sentences: 2 });
    expect(sentences).toHaveLength(2);
  });
});

test.each([
  "chunk",
  "split_sentences",
  "statistics",
  "detect_language",
  "extract_keywords",
  "summarize",
  "normalize",
  "redact",
])("%s takes a megabyte", async (name) => {
  await expect(output(name, { text: declaration.repeat(125) })).resolves.toBeTypeOf("object");
});
