import type { Json } from "../../protocol/json.ts";
import type { InlineBuiltin } from "./builtin.ts";
import { checkInput, rejectInput } from "./input-check.ts";

const message = {
  type: "object",
  properties: { role: { type: "string", enum: ["system", "user", "assistant"] }, content: { type: "string" } },
  required: ["role", "content"],
};

const info = {
  component: "/create_messages",
  description: "Builds a chat message list from a user prompt and, optionally, system instructions.",
  inputSchema: {
    type: "object",
    properties: {
      system_instructions: { type: ["string", "null"], description: "Put first, as the system message." },
      user_prompt: { type: "string" },
    },
    required: ["user_prompt"],
  },
  outputSchema: { type: "object", properties: { messages: { type: "array", items: message } }, required: ["messages"] },
};

export const createMessages: InlineBuiltin = {
  kind: "inline",
  info,
  execute(input) {
    if (typeof input === "object" && input !== null && !Array.isArray(input)) {
      const { user_prompt: prompt, system_instructions: system = null } = input;
      // Checked by hand: this runs inside the turn. The schema is asked only to say what is wrong.
      if (typeof prompt === "string" && (system === null || typeof system === "string")) {
        const messages: Json[] = system === null ? [] : [{ role: "system", content: system }];
        messages.push({ role: "user", content: prompt });
        return { kind: "success", value: { kind: "inline", json: { messages } } };
      }
    }
    const checked = checkInput(info, input);
    if (checked.kind === "failed") return checked;
    return rejectInput(info.component, "", "must be an object with a user_prompt");
  },
};
