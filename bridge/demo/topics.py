"""The problems of the demo product: what they are, when they live and which release ends them."""

from dataclasses import dataclass
from typing import Literal

TopicKind = Literal["steady", "outage", "release_burst", "fixed", "regression", "rare", "question"]
Area = Literal["account", "billing", "calendar", "crew_app", "booking", "reports"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One problem customers have, as its author knows it."""

    slug: str
    title: str
    kind: TopicKind
    area: Area
    reports: int
    """How many customers report it for the first time in twelve weeks, about."""
    fixed_in: str | None = None
    caused_by: str | None = None
    """The release that brought it, or brought it back."""
    workaround: str | None = None
    platform: str | None = None
    """Only customers who work on this one can have it;"""
    plan: str | None = None
    """only those who pay for this one."""

    @property
    def is_recurring(self) -> bool:
        """Worth a ticket, unlike a one-off."""
        return self.kind != "rare"

    def hits(self, version: str) -> bool:
        """Whether a customer on this version has the problem."""
        if self.kind == "release_burst":
            return version == self.caused_by
        if self.fixed_in is None or version < self.fixed_in:
            return True
        return self.caused_by is not None and version >= self.caused_by


_STEADY = (
    Topic("login-code-late", "Sign-in codes arrive after they have expired", "steady", "account",
          74, workaround="Ask for one code only; each new request makes the older ones void."),
    Topic("reminder-sms-missing", "Customers get no reminder text before the visit", "steady",
          "booking", 68, workaround="Switch reminders to e-mail for the customer concerned."),
    Topic("google-calendar-duplicates", "Jobs show up twice in Google Calendar", "steady",
          "calendar", 62, workaround="Disconnect Google Calendar, delete the Wrenrota calendar "
          "there, connect again."),
    Topic("photos-stuck", "Job photos never finish uploading", "steady", "crew_app", 60,
          workaround="Switch off 'original size' in the crew app under Settings, Photos."),
    Topic("holiday-bookable", "Booking page offers slots on days off", "steady", "booking", 52,
          workaround="Block the day by hand with an all-day entry for the whole team."),
    Topic("reset-link-invalid", "Password reset link is refused as invalid", "steady", "account",
          48, workaround="Open the link in a private window."),
    Topic("outlook-missing", "Jobs never reach the Outlook calendar", "steady", "calendar", 46),
    Topic("vat-wrong", "Invoices carry the wrong VAT rate", "steady", "billing", 46,
          workaround="Set the rate on each line before sending the invoice."),
    Topic("seats-overcharged", "Subscription bill counts people who have left", "steady", "billing",
          44, workaround="Support corrects the bill by hand; send the list of names."),
    Topic("hours-report-mismatch", "Monthly hours report differs from the time sheets", "steady",
          "reports", 40),
    Topic("csv-garbled", "Accented letters are garbled in the CSV export", "steady", "reports", 40,
          workaround="Import the file into the spreadsheet as UTF-8, do not double-click it."),
    Topic("one-hour-off", "Appointments are shown one hour off", "steady", "calendar", 38,
          workaround="Set the time zone in the team settings and in each person's profile."),
    Topic("mail-in-spam", "Confirmations land in the customers' spam folder", "steady", "booking",
          36),
    Topic("route-detours", "Route planner sends the crew on detours", "steady", "crew_app", 34),
    Topic("battery-drain", "Crew app empties the battery by midday", "steady", "crew_app", 32,
          workaround="Set location to 'only while on a job'.", platform="android"),
    Topic("price-import-fails", "Price list import refuses rows that are fine", "steady", "billing",
          28),
    Topic("widget-not-loading", "Booking widget does not load on the customer's own site", "steady",
          "booking", 27),
    Topic("phone-search", "Search does not find customers by telephone number", "steady", "account",
          25, workaround="Search without the leading zero and without spaces."),
    Topic("payroll-file-refused", "Payroll program refuses the payroll file", "steady", "reports",
          24, plan="business"),
    Topic("authenticator-new-phone", "No way in with two-step sign-in after a change of phone",
          "steady", "account", 24),
    Topic("shift-swap-pending", "Shift swap requests stay pending for ever", "steady", "calendar",
          22),
    Topic("deposit-refund", "Refunded deposits do not reach the customer", "steady", "billing", 21),
    Topic("signature-pad", "Customers cannot sign on the tablet", "steady", "crew_app", 20),
    Topic("pin-wrong-place", "Map pin sits in the wrong place", "steady", "crew_app", 19),
    Topic("month-end-skipped", "Repeating jobs skip the short months", "steady", "calendar", 16),
    Topic("prices-visible", "Crew members see prices they should not see", "steady", "account", 15),
    Topic("stock-negative", "Stock of parts goes negative", "steady", "reports", 14,
          plan="business"),
    Topic("week-copy", "How to copy a week of the rota to the next", "question", "calendar", 40),
    Topic("invoice-logo", "Logo is blurred or missing on invoices", "steady", "billing", 13),
)  # fmt: skip

_RELEASED = (
    Topic("login-outage", "Nobody can reach the desk: error 503", "outage", "account", 76),
    Topic("week-view-crash", "App closes when the week view is opened, since 5.1", "release_burst",
          "calendar", 88, fixed_in="5.2", caused_by="5.1",
          workaround="Use the day view; it shows the same jobs."),
    Topic("discount-dropped", "Discounts vanish between quote and invoice", "regression", "billing",
          84, fixed_in="5.1", caused_by="5.2",
          workaround="Add the discount as a line of its own with a negative price."),
    Topic("android-push-silent", "No push messages on Android phones", "fixed", "crew_app", 34,
          fixed_in="5.1", workaround="Take the crew app out of battery saving.",
          platform="android"),
    Topic("offline-notes-lost", "Notes written offline are gone after reconnecting", "fixed",
          "crew_app", 32, fixed_in="5.1",
          workaround="Keep the app open until the cloud sign turns green."),
    Topic("board-jumps-back", "Dragged jobs jump back on the board", "fixed", "calendar", 28,
          fixed_in="5.1", workaround="Open the job and change the time in the form."),
    Topic("invoice-number-gap", "Invoice numbers are skipped", "fixed", "billing", 18,
          fixed_in="5.1"),
    Topic("dark-mode", "Dark mode makes texts unreadable", "fixed", "crew_app", 17, fixed_in="5.1",
          workaround="Switch to the light theme."),
    Topic("big-attachments", "Large PDF attachments fail without a message", "fixed", "account", 14,
          fixed_in="5.1", workaround="Keep files below 10 MB."),
    Topic("reminder-sms-twice", "Customers get every reminder twice", "fixed", "booking", 50,
          fixed_in="5.2", workaround="Switch off the second reminder in the booking settings."),
    Topic("booking-page-blank", "Booking page stays white on iPhones", "fixed", "booking", 46,
          fixed_in="5.2", workaround="Send customers the link with /plain at its end."),
    Topic("timer-runs-on", "Work timer goes on after clocking out", "fixed", "crew_app", 38,
          fixed_in="5.2", workaround="Correct the end in the time sheet the same day."),
    Topic("quote-items-lost", "Line items are lost when a quote becomes a job", "fixed", "billing",
          32, fixed_in="5.2", workaround="Duplicate the quote before accepting it."),
    Topic("card-reader-pairing", "Card reader loses its pairing", "fixed", "billing", 28,
          fixed_in="5.2", workaround="Forget the reader in the phone's settings and pair again."),
    Topic("language-resets", "Language goes back to English after every sign-in", "fixed",
          "account", 20, fixed_in="5.2"),
)  # fmt: skip

_ONE_OFFS: tuple[tuple[str, str, Area, int], ...] = (
    ("leap-birthday", "Birthday on 29 February is refused", "account", 1),
    ("welsh-town", "Very long place name breaks the work order", "reports", 1),
    ("printer-label-half", "Label printer cuts job labels in half", "reports", 2),
    (
        "two-companies-one-mail",
        "One address in two companies opens the wrong one",
        "account",
        2,
    ),
    ("emoji-name", "Emoji in a customer's name stops the mail merge", "booking", 1),
    ("screen-reader-board", "Screen reader reads the board backwards", "calendar", 2),
    ("van-tracker-import", "Mileage of the van tracker arrives in feet", "reports", 1),
    ("gift-voucher-cent", "Gift voucher is one penny short", "billing", 2),
    ("fax-number-field", "Fax number overwrites the mobile number", "account", 2),
    ("watch-vibrates", "Smart watch keeps buzzing for a finished job", "crew_app", 2),
    ("proxy-websocket", "Board does not refresh behind a company proxy", "calendar", 3),
    ("ferry-route", "Travel time ignores the ferry", "crew_app", 2),
    ("kiosk-keyboard", "On-screen keyboard hides the kiosk's button", "booking", 2),
    ("rtl-notes", "Notes in Arabic are shown left to right", "crew_app", 1),
    ("closed-month-reopens", "A closed month opens itself again", "reports", 2),
    ("webhook-twice-midnight", "Webhook fires for yesterday at midnight", "account", 1),
)
_RARE = tuple(Topic(slug, title, "rare", area, reports) for slug, title, area, reports in _ONE_OFFS)

TOPICS: tuple[Topic, ...] = (*_STEADY, *_RELEASED, *_RARE)
