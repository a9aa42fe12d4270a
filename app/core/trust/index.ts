export * from './anchors.ts';
export * from './keys.ts';
export * from './signature.ts';
