"""The numbers the issue finder decides by, with what each is for."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FinderSettings:
    """Thresholds of the finder; all similarities are cosines after centring.

    The defaults were chosen on a replayed stream and checked on labelled sets of other domains;
    they belong to sentence encoders of the MiniLM kind.
    """

    join_threshold: float = 0.45
    """A contact joins an issue to whose contacts it is on average at least this similar.

    That is for an issue whose contacts are as similar to each other as usual; see `join_slope`.
    """

    join_slope: float = 0.5
    """By so much the threshold follows an issue that is tighter or looser than usual."""

    join_least: float = 0.36
    """However loose an issue is, its threshold never falls below this."""

    usual_cohesion: float = 0.495
    """Mean similarity between the contacts of an issue as most are."""

    follow_up_bonus: float = 0.09
    """What a customer's contact of the days before on the same issue adds to the similarity."""

    follow_up_days: float = 2.0
    """So soon after another one a contact by the same customer is a follow-up."""

    follow_up_most: int = 3
    """A contact follows up on at most so many before it."""

    found_threshold: float = 0.522
    """The contacts of a new group are on average at least this similar to each other."""

    least_cohesion: float = 0.18
    """Groups looser than this, after wordings were put together, are left alone."""

    least_tie: float = 0.25
    """All at once, a contact tied less to its neighbours is left alone: see `models.whole`."""

    same_weights: tuple[float, float, float] = (13.0, 0.42, 0.6)
    """Of the evidence that two groups are one issue: see `Groups.same_issue`."""

    same_intercept: float = -6.0

    sudden_apart: float = 1.0
    """By so much lower are the log-odds that what came all at once is an issue from before."""

    least_same: float = 0.0
    """Groups become one from these log-odds on."""

    asked_shift: float = 1.2
    """People say "the same" by so much more often than the log-odds tell: measured on answers."""

    cut_shift: float = -1.0
    """The sides of a cut are by so much less often two issues than the log-odds tell.

    It was chosen to part as well as it can: measured on cuts of labelled issues.
    """

    similar_margin: float = 0.135
    """Contacts so far under the threshold of an issue are asked about; once it is fixed they join.

    About half of the farthest belonged where that was measured, and most of the nearer ones.
    """

    new_weights: tuple[float, float, float, float, float, float] = (
        *(0.74, 0.14, 0.2),
        *(-0.81, -0.58, -1.29),
    )
    """Of the evidence that a group is an issue of its own: see `Groups.new_issue`."""

    new_intercept: float = -1.27

    least_new: float = 0.4
    """A product that files by itself files a candidate from these log-odds on."""

    least_filed: int = 5
    """A smaller candidate is not taken for an issue that others could be the same as."""

    burst_days: float = 0.25
    """An outage is looked for among the contacts of so many last days."""

    burst_similarity: float = 0.405
    """Contacts of a burst are at least this similar to the newest one."""

    burst_contacts: int = 5
    """So many contacts by `burst_customers` customers make a burst."""

    burst_customers: int = 3

    burst_reach: float = 0.2
    """Contacts of a second burst this similar to one that has just begun belong to it."""

    burst_bonus: float = 0.135
    """What is added to the similarity to a burst that has just begun."""

    surge_chance: float = 0.001
    """An issue surges when chance brings so many contacts in `burst_days` more seldom than this."""

    surge_apart: float = 0.1
    """The contacts of a surge are another trouble from this energy distance to older ones on.

    Infinite: surges are not looked for.
    """

    surge_cuts: float = 0.01
    """That distance is reached by at most this share of random cuts of the same contacts."""

    least_contacts: int = 3
    """Smaller groups are left alone."""

    least_variety: float = 0.34
    """At least this share of a group is worded differently: people do, templates do not."""

    least_copies: int = 50
    """A text that so many sent is looked at all the same: an outage, or a form with one answer."""

    same_wording: float = 0.97
    """From this similarity on (before centring) two contacts count as one wording."""

    least_chatter: float = 0.75
    """A contact that is chatter with a probability above this founds no issue"""

    center_contacts: int = 300
    """How many of the first contacts make the centre; later ones do not change it."""

    subject_similarity: float = 0.7
    """Contacts this similar are one subject with one vote on the centre."""

    most_linked: int = 3000
    """Linked contacts in larger number are first cut into communities: linkage is quadratic."""

    neighbors: int = 15
    """So many nearest contacts of each make the graph in which communities are found."""

    seed: int = 0
    """Makes the community detection repeatable."""

    @classmethod
    def for_hashing(cls) -> "FinderSettings":
        """For the hashing encoder, which sees only shared words: lower similarities all round."""
        return cls(
            join_threshold=0.27,
            join_slope=0.0,
            join_least=0.0,
            found_threshold=0.38,
            same_intercept=-3.2,
            least_new=-math.inf,
            least_tie=0.15,
            similar_margin=0.1,
            burst_similarity=0.3,
            burst_bonus=0.0,
            surge_apart=math.inf,
            # Its vectors say nothing about kinds.
            least_chatter=1.0,
        )
