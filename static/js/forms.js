// The first field at fault gets the focus, so that nobody has to look for it.
document.querySelector('[aria-invalid="true"]')?.focus();
