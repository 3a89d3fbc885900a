import base64
import hashlib
import re

from portico.admin.html_page import FOOT, HEADERS, head


def test_the_policy_allows_the_page_its_own_style_and_nothing_else() -> None:
    page = head("title") + FOOT
    found = re.search(r"<style>(.*)</style>", page, re.DOTALL)
    assert found is not None
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in dict(HEADERS)["content-security-policy"]
