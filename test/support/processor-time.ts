/** What synchronous work costs this process, in milliseconds of processor time: others on a busy machine do not count. */
export function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
