import { choice, type Schema, withDefault } from "../schema.ts";
import { dominantLanguage } from "./detect.ts";
import { LANGUAGES, type Language } from "./stop-words.ts";
import type { Word } from "./words.ts";

export type LanguageChoice = Language | "auto";

/** The `language` field of the components whose work depends on it. */
export const languageField: Schema<LanguageChoice> = withDefault<LanguageChoice>(
  choice(["auto", ...LANGUAGES], { description: "ISO 639-1 code, or auto: told by the text" }),
  "auto",
);

export function chosenLanguage(choice: LanguageChoice, found: readonly Word[]): Language {
  return choice === "auto" ? dominantLanguage(found) : choice;
}
