import subprocess
import sys


def test_importing_a_tool_brings_in_nothing_heavy() -> None:
    program = "import sys, tools.custom; print(*sorted({'asyncio', 'httpx', 'livekit', 'pydantic'} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == ""
