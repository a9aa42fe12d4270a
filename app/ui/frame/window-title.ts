/** What the window is called: what runs, so that a look at the task bar tells how far it is. Pure. */

interface Running {
  readonly title: string;
  /** 0 to 100. */
  readonly percent: string;
}

export function windowTitle(name: string, running: Running | undefined): string {
  return running ? `${running.percent} ${running.title} – ${name}` : name;
}
