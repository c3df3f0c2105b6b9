export { checkEgress, type EgressConfig, type EgressPolicy, type EgressRule, egressPolicy } from "./egress-policy.ts";
export { formatHostPattern, type HostPattern, parseHostPattern } from "./host-pattern.ts";
