export { compileSchema, type SchemaCheck, type SchemaFault, schemaFaults } from "./schema-faults.ts";
