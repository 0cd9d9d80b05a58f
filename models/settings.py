"""The numbers the issue finder decides by, with what each is for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FinderSettings:
    """Thresholds of the finder; all similarities are cosines after centring.

    The defaults were chosen on a replayed stream and checked on labelled sets of other domains;
    they belong to sentence encoders of the MiniLM kind.
    """

    join_threshold: float = 0.46
    """A contact joins an issue to whose contacts it is on average at least this similar.

    The middle of a new group that reaches this takes the whole group along.
    """

    found_threshold: float = 0.55
    """The contacts of a new issue are on average at least this similar to each other."""

    least_contacts: int = 3
    """Smaller groups are left alone."""

    least_variety: float = 0.34
    """At least this share of a group is worded differently: people do, templates do not."""

    same_wording: float = 0.97
    """From this similarity on (before centring) two contacts count as one wording."""

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
        return cls(join_threshold=0.27, found_threshold=0.38)
