#!/usr/bin/env python3
"""Writes tests/data/video/: small H.264 and HEVC streams in each container, what FFmpeg says of their pictures, and RGB values of some.

needs: pip install av numpy (PyAV with libx264 and libx265)
usage: video.py
"""
import json
import os

import av
import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/data/video")
WIDTH, HEIGHT, FRAMES = 80, 56, 14


def pictures():
    """Grey that grows with the frame's number; a red and a blue field, and a bar that moves."""
    for n in range(FRAMES):
        rgb = np.full((HEIGHT, WIDTH, 3), 40 + 12 * n, np.uint8)
        rgb[8:24, 8:24] = (200, 30, 30)
        rgb[8:24, 56:72] = (30, 30, 200)
        rgb[36:52, 4 * n : 4 * n + 12] = (20, 220, 20)
        yield rgb


LARGE = (1920, 1080, 60)  # more than a session's cache holds


def large():
    """Flat grey that grows with the frame's number, in one file of H.264."""
    width, height, frames = LARGE
    with av.open(os.path.join(OUT, "large.mp4"), "w", format="mp4") as out:
        options = {"x264-params": "keyint=24:min-keyint=24:scenecut=0:bframes=2:b-adapt=0:open-gop=0:threads=1:qp=10"
                   ":colorprim=bt709:transfer=bt709:colormatrix=bt709"}
        stream = out.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for n in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 20 + 3 * n, np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


PLACES = [[4, 4], [16, 16], [64, 16], [40, 30], [76, 54]]  # column, row


def encode(name, codec, container, interlaced=False, said=False):
    path = os.path.join(OUT, name)
    options = {
        "libx264": {"x264-params": "keyint=6:min-keyint=6:scenecut=0:bframes=2:b-adapt=0:open-gop=0:threads=1:qp=8"
                    + (":tff=1" if interlaced else "")
                    + (":colorprim=bt709:transfer=bt709:colormatrix=bt709" if said else "")},
        "libx265": {"x265-params": "keyint=6:min-keyint=6:scenecut=0:bframes=2:b-adapt=0:open-gop=0:frame-threads=1:pools=none:qp=8:log-level=0"
                    + (":colorprim=bt709:transfer=bt709:colormatrix=bt709" if said else "")},
    }[codec]
    with av.open(path, "w", format=container) as out:
        stream = out.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for rgb in pictures():
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            if said:
                frame = frame.reformat(format="yuv420p", dst_colorspace="itu709")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def told(path, container, said):
    """By decoding order: key or not; by display order: RGB at PLACES."""
    with av.open(path, format=container) as file:
        packets = [p for p in file.demux(video=0) if p.size]
        stamps = sorted(p.pts for p in packets) if all(p.pts is not None for p in packets) else None
        keys = [bool(p.is_keyframe) for p in packets]
        order = [stamps.index(p.pts) for p in packets] if stamps else None
    source = "itu709" if said else "itu601"
    with av.open(path, format=container) as file:
        frames = [f.reformat(format="rgb24", src_colorspace=source).to_ndarray() for f in file.decode(video=0)]
    rgb = [[f[row, column].tolist() for column, row in PLACES] for f in frames]
    return {"keys": keys, "order": order, "rgb": rgb}


def main():
    os.makedirs(OUT, exist_ok=True)
    about = {"size": [WIDTH, HEIGHT], "places": PLACES, "streams": {}}
    for name, codec, container in [
        ("avc.mp4", "libx264", "mp4"),
        ("avc.m2t", "libx264", "mpegts"),
        ("avc.h264", "libx264", "h264"),
        ("fields.m2t", "libx264", "mpegts"),
        ("said.h264", "libx264", "h264"),
        ("said.h265", "libx265", "hevc"),
        ("hevc.m2t", "libx265", "mpegts"),
        ("hevc.mp4", "libx265", "mp4"),
        ("hevc.h265", "libx265", "hevc"),
    ]:
        said = name.startswith("said")
        path = encode(name, codec, container, name.startswith("fields"), said)
        about["streams"][name] = told(path, container, said)
    # A bare stream has no times: its pictures are those of the same encoder in a container.
    for bare, other in [("avc.h264", "avc.mp4"), ("said.h264", "avc.mp4"), ("hevc.h265", "hevc.mp4"), ("said.h265", "hevc.mp4")]:
        about["streams"][bare]["order"] = about["streams"][other]["order"]
    large()
    with open(os.path.join(OUT, "streams.json"), "w", encoding="utf8") as out:
        json.dump(about, out)
        out.write("\n")


main()
