export { compileSchema, schemaFaults } from "./schema-faults.ts";
