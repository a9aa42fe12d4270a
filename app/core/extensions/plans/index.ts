export {
  planSchema,
  resolveArguments,
  toolCommandSchema,
  type CheckedPlan,
  type ToolCommand,
  type ToolPlan,
} from './plan.ts';
export { SinkChannel } from './sink-channel.ts';
export { isTooShort, splitByEntries } from './split.ts';
export { splitTar } from './tar.ts';
export { ToolBox } from './tool-box.ts';
export { openToolOutput, type ReadyTool, type ToolOutput } from './tool-output.ts';
export { unpackToFolder } from './unpack-to-folder.ts';
export { throwOfWorst } from './verdict.ts';
export { writeItems } from './write-items.ts';
