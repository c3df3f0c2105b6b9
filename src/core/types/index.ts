export type { FlowTypes, TypeCheckOptions } from "./check-flow-types.ts";
export { checkFlowTypes } from "./check-flow-types.ts";
export type { CatalogEntry, ComponentCatalog } from "./component-catalog.ts";
export { describeType } from "./describe-type.ts";
export type { InferredSchemas } from "./infer-schemas.ts";
export { inferSchemas } from "./infer-schemas.ts";
export { typeOfSchema } from "./type.ts";
