/** What a token can permit. `admin` stands for all of them, and is what managing tokens takes. */
export const SCOPES = ["runs:read", "runs:write", "flows:write", "workers", "triggers", "admin"] as const;
export type Scope = (typeof SCOPES)[number];
