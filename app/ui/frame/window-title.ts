/** The window's title shows the running download, so that the task bar shows its progress. Pure. */

interface Running {
  readonly title: string;
  /** 0 to 100. */
  readonly percent: string;
}

export function windowTitle(name: string, running: Running | undefined): string {
  return running ? `${running.percent} ${running.title} – ${name}` : name;
}
