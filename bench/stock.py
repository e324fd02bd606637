"""The other side of the comparison on real phones: an agent as LiveKit's own guide to outbound calls writes one.

It joins, dials, waits for the answer, starts a session in the room and says its sentence. It has the worker's stand-ins
and warm processes; nothing else of the worker is in it. Run as a process: `python -m bench.stock`.
"""

import asyncio
import json
import os

from livekit import api
from livekit.agents import Agent, AgentServer, AgentSession, JobContext, JobProcess, inference
from livekit.plugins import cartesia, deepgram, openai

from agent.standins.config import CallConfig
from agent.standins.process import attached

AGENT = "stock"
STAND_INS = "BENCH_STAND_INS"
"""Environment variable with the address of the stand-in process."""
REGISTERED = b"the stock agent is registered\n"
"""Written to standard output once it is available."""
_VOICE_ID = "f786b574-daa5-4673-aa0c-cbe3e8534c02"
_KEY = "stand-in"


async def entrypoint(ctx: JobContext) -> None:
    """Conduct one call; its number, trunk and sentence are the job's metadata."""
    given = json.loads(ctx.job.metadata)
    await ctx.connect()
    await ctx.api.sip.create_sip_participant(
        api.CreateSIPParticipantRequest(
            sip_trunk_id=given["trunk"],
            sip_call_to=given["number"],
            room_name=ctx.room.name,
            participant_identity="callee",
            wait_until_answered=True,
        )
    )
    await ctx.wait_for_participant(identity="callee")
    async with attached(os.environ[STAND_INS]) as stand_ins:
        call = await stand_ins.open_call(CallConfig(language="en", unscripted=True))
        session = AgentSession[None](
            stt=deepgram.STT(model="nova-3", api_key=_KEY, base_url=call.deepgram_url),
            vad=ctx.proc.userdata["vad"],
            llm=openai.LLM(model="gpt-4.1", api_key=_KEY, base_url=call.openai_url),
            tts=cartesia.TTS(model="sonic-3", voice=_VOICE_ID, api_key=_KEY, base_url=call.cartesia_url),
            turn_handling={"turn_detection": "vad"},
        )
        await session.start(Agent(instructions="You are Emma."), room=ctx.room, record=False)
        gone = asyncio.Event()
        ctx.room.on("participant_disconnected", lambda _callee: gone.set())
        session.say(given["sentence"])
        await asyncio.wait_for(gone.wait(), 60)
        await call.close()
    ctx.shutdown()


def warm(process: JobProcess) -> None:
    """As the guide does."""
    process.userdata["vad"] = inference.VAD(model="silero")


def main() -> None:
    """Serve until terminated."""
    server = AgentServer(
        load_threshold=float("inf"), load_fnc=lambda: 0.0, num_idle_processes=2, setup_fnc=warm, port=0
    )
    server.rtc_session(entrypoint, agent_name=AGENT)
    server.on("worker_registered", lambda *_: os.write(1, REGISTERED))
    asyncio.run(server.run(devmode=False))


if __name__ == "__main__":
    main()
