"""Why there is no answer, or no file: kept in English, as nobody's language is known where it is found out
(the gateway core, the process that reads files, an answer that is stored), and shown in the reader's."""

from django.utils.translation import gettext, gettext_noop


def shown(reason: str) -> str:
    """One that is not among those below stays as it is: a model server has its own words."""
    return gettext(reason) if reason else ""


OF_ANSWERS = (
    gettext_noop("The model server did not answer in time."),
    gettext_noop("The model server could not be reached or broke off."),
    gettext_noop("The model server's answer could not be read."),
    gettext_noop("The model server's answer is too large."),
    gettext_noop("The model server's answer ended too early."),
    gettext_noop("The model server's stream ended before its answer did."),
    gettext_noop("The model server sent an event that could not be read."),
    gettext_noop("The model server is overloaded."),
    gettext_noop("The model server refused the portal; its operator has to look."),
    gettext_noop("No model server is connected for this model."),
    gettext_noop("The portal failed while this answer was being written."),
    gettext_noop("The portal was stopped while this answer was being written."),
    gettext_noop("The portal was restarted while this answer was being written."),
    gettext_noop("This answer is no longer there."),
    gettext_noop("The caller left before the answer ended."),
    gettext_noop("The portal failed."),
)
# They follow a file's name.
OF_FILES = (
    gettext_noop("is empty."),
    gettext_noop("is of a type that the portal cannot read."),
    gettext_noop("is encrypted: remove its password and upload it again."),
    gettext_noop("is damaged: save it as DOCX and upload that."),
    gettext_noop("is damaged: no PDF reader can open it."),
    gettext_noop("is damaged: it cannot be shown as an image."),
    gettext_noop("is damaged: the portal cannot read it."),
    gettext_noop("is damaged: it cannot be opened."),
    gettext_noop("has no text in it."),
    gettext_noop("has no text in it. It looks like a scan: upload its pages as images, or a copy with text."),
    gettext_noop("was written by a very old Word: save it as DOCX and upload that."),
    gettext_noop("needs more memory to be read than the portal gives it."),
    gettext_noop("takes too long to be read."),
    gettext_noop("is a workbook: save its sheets as CSV."),
    gettext_noop("is a presentation: save it as PDF."),
    gettext_noop("is an OpenDocument file: save it as DOCX or PDF."),
    gettext_noop("is an archive: upload the files in it."),
    gettext_noop("is not a document that a word processor wrote: it declares XML entities."),
)
