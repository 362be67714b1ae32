// <segue-player src="https://.../p/SLUG"></segue-player>: the player of a shared piece, for any page.
class SeguePlayer extends HTMLElement {
  static observedAttributes = ['src'];

  connectedCallback() {
    if (!this.shadowRoot) this.attachShadow({ mode: 'open' });
    this.render();
  }

  attributeChangedCallback() {
    if (this.shadowRoot) this.render();
  }

  render() {
    const frame = document.createElement('iframe');
    frame.title = this.getAttribute('label') ?? 'Segue';
    frame.loading = 'lazy';
    frame.allow = 'autoplay';
    frame.style.cssText = 'width:100%;height:240px;border:0;display:block';
    const url = address(this.getAttribute('src'));
    if (url) frame.src = url;
    const style = document.createElement('style');
    style.textContent = ':host{display:block;max-width:52rem}';
    this.shadowRoot.replaceChildren(style, frame);
  }
}

// Only the player of a web address: a page may take `src` from its readers.
function address(src) {
  try {
    const url = new URL(src ?? '', document.baseURI);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
    return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/embed$/, '')}/embed`;
  } catch {
    return null;
  }
}

if (!customElements.get('segue-player')) customElements.define('segue-player', SeguePlayer);
