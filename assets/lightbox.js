// Pictures of a conversation, large: in a room's window, which has this within its script, and in
// transcripts.
(() => {
  const lightbox = document.getElementById('lightbox'), [large, told, keep] = lightbox.querySelectorAll('img, span, a');
  const look = link => {
    large.src = link.href;
    large.alt = told.textContent = link.firstElementChild.alt;
    keep.href = link.href + '?as=download';
  };
  document.addEventListener('click', event => {
    const link = event.target.closest?.('#log a.picture');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    look(link);
    lightbox.showModal();
  });
  lightbox.addEventListener('keydown', ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    const all = [...document.querySelectorAll('#log a.picture')], at = all.findIndex(link => link.href === large.src);
    if (step && all[at + step]) look(all[at + step]);
  });
  lightbox.addEventListener('close', () => large.removeAttribute('src'));
})();
