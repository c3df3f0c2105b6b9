export interface EnvironmentReferences {
  /** The text with every reference replaced; an unset one is replaced by nothing. */
  readonly text: string;
  readonly unset: readonly string[];
}

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-?([^}]*))?\}/g;

/**
 * Replaces `${VAR}` and `${VAR:-default}` (also the reference's `${VAR:default}`) by the environment's values. The default
 * counts where the variable is unset or empty. `$${` stands for a literal `${`. Values are not looked at again.
 */
export function replaceEnvironmentReferences(
  text: string,
  env: Readonly<Record<string, string>>,
): EnvironmentReferences {
  if (!text.includes("${")) return { text, unset: [] };
  const unset: string[] = [];
  const replaced = text.replace(REFERENCE, (whole: string, name: string | undefined, fallback: string | undefined) => {
    if (whole === "$${" || name === undefined) return "${";
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined && (value !== "" || fallback === undefined)) return value;
    if (fallback === undefined) unset.push(name);
    return fallback ?? "";
  });
  return { text: replaced, unset };
}

/** The inverse for text that holds no reference: what `replaceEnvironmentReferences` gives back unchanged. */
export function escapeEnvironmentReferences(text: string): string {
  return text.replaceAll("${", "$$${");
}
