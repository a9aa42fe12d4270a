/** What is used of Node's foreign function interface, which its types do not know yet. */
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
