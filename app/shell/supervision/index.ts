export * from './core-host.ts';
export * from './messages.ts';
export * from './restart-policy.ts';
