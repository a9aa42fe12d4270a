export { testExtension, type CheckResult, type ComplianceOptions } from './run-compliance.ts';
export { samplesFolder } from './samples.ts';
