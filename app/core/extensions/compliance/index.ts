export { testExtension, type CheckResult } from './run-compliance.ts';
