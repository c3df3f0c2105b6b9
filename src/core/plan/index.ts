export { compilePlan } from "./compile-plan.ts";
export type { Plan, PlanExpression, PlanStep } from "./plan.ts";
