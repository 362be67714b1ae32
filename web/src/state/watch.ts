import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Renders an element again whenever one of the sources dispatches `change`. */
export class Watch implements ReactiveController {
  private readonly render = () => this.host.requestUpdate();
  private readonly sources: readonly EventTarget[];

  constructor(
    private readonly host: ReactiveControllerHost,
    ...sources: readonly EventTarget[]
  ) {
    this.sources = sources;
    host.addController(this);
  }

  hostConnected(): void {
    for (const source of this.sources) source.addEventListener('change', this.render);
  }

  hostDisconnected(): void {
    for (const source of this.sources) source.removeEventListener('change', this.render);
  }
}
