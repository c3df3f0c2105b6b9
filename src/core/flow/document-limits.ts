/** Longest document, in UTF-8 bytes. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;
/** Lexical units of a YAML document: bounds the time (some 10 µs each) that a text of a few bytes per unit could take. */
export const MAX_LEXEMES = 1_000_000;
/** Findings of one reading; a text that is something else entirely would give thousands. */
export const MAX_SYNTAX_DIAGNOSTICS = 20;
