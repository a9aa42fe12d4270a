/** Whether an IP address is this PC's loopback. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}
