export { connectRpc, type RpcClient } from './client.ts';
export { errorAdvice, toCodedError } from './coded-error.ts';
export { createCommands, isCommandName, type Commands, type CoreApi } from './commands.ts';
export * from './contract.ts';
export { createEventLog, type EventLog } from './event-log.ts';
export { keepAddress, lastAddress, publishEndpoint, readEndpoint, type RpcEndpoint } from './endpoint-file.ts';
export { refusalCode, startRpcServer, type RpcServer } from './server.ts';
export { defaultSettings, SettingsStore, type SettingName, type Settings } from './settings.ts';
export { systemCode } from '../base/index.ts';
