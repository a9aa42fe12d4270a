/** Why a package or an installer cannot be made. */
export type PackageErrorCode =
  | 'PLATFORM_UNKNOWN'
  | 'PACKAGES_UNAVAILABLE'
  | 'NODE_UNAVAILABLE'
  | 'RUNTIME_INVALID'
  | 'PRESETS_INVALID'
  | 'TOOL_MISSING';

export class PackageError extends Error {
  readonly code: PackageErrorCode;

  constructor(code: PackageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PackageError';
    this.code = code;
  }
}

/** `TOOL_MISSING` ends with 3, as everything does that this machine cannot do; the rest is a failure. */
export function exitCodeOf(error: PackageError): number {
  return error.code === 'TOOL_MISSING' ? 3 : 1;
}
