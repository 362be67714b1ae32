// Moves a line over the roll while the piece plays; a click on the roll plays from there.
const audio = document.querySelector('audio');
const roll = document.querySelector('.roll');
if (audio && roll) {
  const seconds = Number(roll.dataset.seconds);
  const cursor = document.createElement('div');
  cursor.className = 'cursor';
  roll.append(cursor);
  const move = () => {
    cursor.style.left = `${Math.min(100, (100 * audio.currentTime) / seconds)}%`;
    if (!audio.paused) requestAnimationFrame(move);
  };
  for (const name of ['play', 'seeked', 'timeupdate']) audio.addEventListener(name, move);
  roll.addEventListener('click', (event) => {
    const box = roll.getBoundingClientRect();
    const start = (seconds * (event.clientX - box.left)) / box.width;
    const seek = () => {
      audio.currentTime = start;
    };
    if (audio.readyState > 0) seek();
    else audio.addEventListener('loadedmetadata', seek, { once: true });
    void audio.play();
  });
}
