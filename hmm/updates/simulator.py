"""GitHub's releases of one repository on loopback, with its ETags, its allowance, and the ways it can misbehave."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hmm.clock import now as read_clock
from hmm.simulation.server import Reply, Simulator

REPOSITORY = "example/home-miner-manager"
ALLOWED, WINDOW_S = 60, 3600  # requests of a stranger in an hour
HUGE = 3 * 1024 * 1024  # bytes
LISTED, COMMITS_LISTED = 30, 250
HOSTILE_LINK = "javascript:alert(1)"


@dataclass(slots=True, kw_only=True)
class Published:
    """One release and how many commits it came with."""

    tag: str
    body: str | None = ""
    name: str | None = None
    days_ago: float = 0
    commits: int = 3
    prerelease: bool = False
    draft: bool = False


class GitHubSimulator(Simulator):
    """`releases` are kept the newest first. Own faults, for the list: missing (404), rate_limit (403 with an empty
    allowance), too_many (429 with Retry-After), forbidden (403), moved (301), nonsense (the right shape, wrong
    things in it), huge. `compare_fault` is one of missing, rate_limit, nonsense, huge, diverged; the server's own
    faults hit everything.
    """

    known_faults = Simulator.known_faults | {
        "missing",
        "rate_limit",
        "too_many",
        "forbidden",
        "moved",
        "nonsense",
        "huge",
    }

    def __init__(
        self,
        *,
        releases: list[Published] | None = None,
        repository: str = REPOSITORY,
        moment: Callable[[], datetime] = read_clock,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.releases = list(releases or [])
        self.repository = repository
        self.moment = moment
        self.compare_fault = "none"
        self.retry_after_s = 120
        self.used = 0
        self.window_ends = moment() + timedelta(seconds=WINDOW_S)

    # --- orders ------------------------------------------------------------------------------------

    def publish(self, tag: str, body: str | None = "", **more: Any) -> None:
        self.releases.insert(0, Published(tag=tag, body=body, **more))

    def withdraw(self, tag: str) -> None:
        self.releases = [release for release in self.releases if release.tag != tag]

    def obey(self, order: dict[str, Any]) -> None:
        """Take also {"publish": {"tag": …, "body": …}}, {"withdraw": tag} and {"compare_fault": …}."""
        if "publish" in order:
            self.publish(**order["publish"])
        elif "withdraw" in order:
            self.withdraw(str(order["withdraw"]))
        elif "compare_fault" in order:
            self.compare_fault = str(order["compare_fault"])
        else:
            super().obey(order)

    # --- answers -----------------------------------------------------------------------------------

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:
        del method, body
        if not headers.get("User-Agent"):
            return told(403, "Request forbidden by administrative rules. Give a User-Agent.")
        allowance = self.spend()
        parts = urlsplit(path)
        asked = unquote(parts.path).removeprefix(f"/repos/{self.repository}/")
        reply = self.refusal(asked, allowance) or self.answer(asked, parse_qs(parts.query))
        reply.headers |= allowance
        if reply.status == 200:
            tag = f'W/"{hashlib.sha256(reply.content).hexdigest()}"'
            if headers.get("If-None-Match") == tag:
                reply = Reply(304, headers=reply.headers)
            reply.headers["ETag"] = tag
        return reply

    def spend(self) -> dict[str, str]:
        """Take one request off the allowance, which is new each hour."""
        if self.moment() >= self.window_ends:
            self.used, self.window_ends = 0, self.moment() + timedelta(seconds=WINDOW_S)
        self.used += 1
        return {
            "X-RateLimit-Limit": str(ALLOWED),
            "X-RateLimit-Remaining": str(max(0, ALLOWED - self.used)),
            "X-RateLimit-Reset": str(int(self.window_ends.timestamp())),
            "X-RateLimit-Resource": "core",
        }

    def refusal(self, asked: str, allowance: dict[str, str]) -> Reply | None:
        fault = self.compare_fault if asked.startswith("compare/") else self.fault
        if fault == "rate_limit" or self.used > ALLOWED:
            allowance["X-RateLimit-Remaining"] = "0"
            return told(403, "API rate limit exceeded.")
        match fault:
            case "missing":
                return told(404, "Not Found")
            case "too_many":
                return Reply(429, {"message": "Too many."}, headers={"Retry-After": str(self.retry_after_s)})
            case "forbidden":
                return told(403, "Forbidden")
            case "moved":
                return Reply(301, {"message": "Moved Permanently"}, headers={"Location": "/repositories/1/releases"})
            case "huge":
                return Reply(200, b"[" + b" " * (HUGE * (4 if asked.startswith("compare/") else 1)) + b"]")
        return None

    def answer(self, asked: str, query: dict[str, list[str]]) -> Reply:
        if asked == "releases":
            shown = [release for release in self.releases if not release.draft]
            count = int(query.get("per_page", [str(LISTED)])[0])
            rows = [self.release_json(release) for release in shown[:count]]
            return Reply(200, [self.nonsense(row) for row in rows] if self.fault == "nonsense" else rows)
        if asked == "releases/latest":
            final = [release for release in self.releases if not (release.draft or release.prerelease)]
            return Reply(200, self.release_json(final[0])) if final else told(404, "Not Found")
        if asked.startswith("compare/") and "..." in asked:
            base, head = asked.removeprefix("compare/").split("...", 1)
            return self.comparison(base, head)
        return told(404, "Not Found")

    def release_json(self, release: Published) -> dict[str, Any]:
        at = f"{self.published_at(release):%Y-%m-%dT%H:%M:%SZ}"
        return {
            "url": f"{self.url}/repos/{self.repository}/releases/{release.tag}",
            "html_url": f"https://github.com/{self.repository}/releases/tag/{release.tag}",
            "tag_name": release.tag,
            "target_commitish": "main",
            "name": release.name,
            "draft": release.draft,
            "prerelease": release.prerelease,
            "created_at": at,
            "published_at": at,
            "body": release.body,
            "assets": [],
        }

    def published_at(self, release: Published) -> datetime:
        return self.window_ends - timedelta(seconds=WINDOW_S, days=release.days_ago)

    @staticmethod
    def nonsense(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "body": ["no", "text"], "published_at": 7, "html_url": HOSTILE_LINK}

    def comparison(self, base: str, head: str) -> Reply:
        tags = [release.tag for release in self.releases]
        if base not in tags or head not in tags:
            return told(404, "Not Found")
        older, newer = tags.index(base), tags.index(head)
        between = self.releases[newer:older] if newer <= older else self.releases[older:newer]
        steps = [(release, place) for release in reversed(between) for place in range(release.commits)]
        commits = [self.commit_json(release, place) for release, place in steps]
        behind = 2 if self.compare_fault == "diverged" else 0 if newer <= older else len(commits)
        ahead = len(commits) if newer <= older else 0
        relation = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
        return Reply(
            200,
            {
                "status": relation,
                "ahead_by": "many" if self.compare_fault == "nonsense" else ahead,
                "behind_by": behind,
                "total_commits": ahead,
                "base_commit": {"sha": hashlib.sha256(base.encode()).hexdigest()[:40]},
                "commits": (commits if ahead else [])[-COMMITS_LISTED:],
                "files": [],
            },
        )

    def commit_json(self, release: Published, place: int) -> dict[str, Any]:
        sha = hashlib.sha256(f"{release.tag} {place}".encode()).hexdigest()[:40]
        at = f"{self.published_at(release) - timedelta(hours=release.commits - place):%Y-%m-%dT%H:%M:%SZ}"
        return {
            "sha": sha,
            "html_url": f"https://github.com/{self.repository}/commit/{sha}",
            "commit": {
                "message": f"Step {place + 1} towards {release.tag}\n\nWhy, in a body.",
                "author": {"name": "A person", "date": at},
            },
            "author": None,
        }


def told(status: int, words: str) -> Reply:
    body = {"message": words, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return Reply(status, json.dumps(body))
