// The page works without this: it only opens the section that a link points at, and the frontier's sections for paper.
function openTarget() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === 'DETAILS') { target.open = true; target.scrollIntoView(); }
}
addEventListener('hashchange', openTarget);
addEventListener('beforeprint', () => document.querySelectorAll('details.s-frontier, details.s-frontier > .inside > .fold').forEach(d => { d.open = true; }));
document.querySelectorAll('a[href^="#v-"]').forEach(a => a.addEventListener('click', () => setTimeout(openTarget)));
openTarget();
