import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Re-renders an element whenever one of the stores dispatches `change`. */
export class StoreController implements ReactiveController {
  private readonly render = () => this.host.requestUpdate();
  private readonly stores: readonly EventTarget[];

  constructor(
    private readonly host: ReactiveControllerHost,
    ...stores: readonly EventTarget[]
  ) {
    this.stores = stores;
    host.addController(this);
  }

  hostConnected(): void {
    for (const store of this.stores) store.addEventListener('change', this.render);
  }

  hostDisconnected(): void {
    for (const store of this.stores) store.removeEventListener('change', this.render);
  }
}
