/** The part of Node's foreign function interface that is used here; Node's types do not have it yet. */
declare module 'node:ffi' {
  export type NativeType = 'void' | 'pointer' | 'buffer' | 'int32' | 'uint32';
  export interface Signature {
    readonly arguments: readonly NativeType[];
    readonly return: NativeType;
  }
  export type NativeFunction = (...parameters: (number | bigint | Uint8Array)[]) => unknown;
  export function dlopen<Name extends string>(
    path: string,
    definitions: Readonly<Record<Name, Signature>>,
  ): { readonly functions: Readonly<Record<Name, NativeFunction>> };
}
