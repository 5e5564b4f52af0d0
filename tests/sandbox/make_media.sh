#!/bin/sh
# Makes the sandbox's package data again: small real PNG and MP4 files that say what they are.
# Needs ffmpeg; run once by hand when a picture should change, from the repository's root.
set -eu
out=sume_ext/sandbox/data
font=$(fc-match -f '%{file}' 'DejaVu Sans:bold')
X264="-c:v libx264 -preset veryslow -crf 30 -pix_fmt yuv420p -profile:v high -movflags +faststart -map_metadata -1 -fflags +bitexact -flags:v +bitexact"

words() { # words TEXT SIZE Y
    printf "drawtext=fontfile=%s:text='%s':fontcolor=white:fontsize=%s:x=(w-text_w)/2:y=%s" "$font" "$1" "$2" "$3"
}
clip() { # clip NAME SIZE SECONDS COLOUR COLOUR TEXT
    ffmpeg -v error -y -f lavfi -i "gradients=s=$2:c0=$4:c1=$5:nb_colors=2:d=$3:r=24:speed=0.02:seed=7" \
        -vf "$(words 'SUME SANDBOX' 36 'h*0.42'),$(words "$6" 20 'h*0.52'),$(words '%{pts\:hms}' 18 'h*0.9')" \
        -t "$3" -an $X264 "$out/$1.mp4"
}
still() { # still NAME SIZE COLOUR COLOUR TEXT
    ffmpeg -v error -y -f lavfi -i "color=c=$3:s=$2:d=1:r=1" \
        -vf "drawbox=x=12:y=12:w=iw-24:h=ih-24:color=$4:t=6,$(words 'SUME SANDBOX' $((${2%x*} / 14)) 'h*0.42'),$(words "$5" $((${2%x*} / 20)) 'h*0.55'),format=pal8" \
        -frames:v 1 -map_metadata -1 -fflags +bitexact "$out/$1.png"
}
clip video-9x16 360x640 4 0x1f4e79 0x7b2d8b 'not a real video'
clip video-16x9 640x360 4 0x1f4e79 0x7b2d8b 'not a real video'
clip video-1x1 360x360 4 0x1f4e79 0x7b2d8b 'not a real video'
clip scene-1 360x640 2 0x0b6e4f 0x08415c 'scene 1'
clip scene-2 360x640 2 0x8a4f00 0xb3001b 'scene 2'
clip scene-3 360x640 2 0x3d0066 0x5c0099 'scene 3'
still image-9x16 360x640 0x1f4e79 0x7b2d8b 'not a real image'
still image-4x5 384x480 0x1f4e79 0x7b2d8b 'not a real image'
still image-1x1 400x400 0x1f4e79 0x7b2d8b 'not a real image'
still scene-1 180x320 0x0b6e4f 0x08415c 'scene 1'
still scene-2 180x320 0x8a4f00 0xb3001b 'scene 2'
still scene-3 180x320 0x3d0066 0x5c0099 'scene 3'
printf "file 'scene-1.mp4'\nfile 'scene-2.mp4'\nfile 'scene-3.mp4'\n" > "$out/list.txt"
ffmpeg -v error -y -f concat -i "$out/list.txt" -c copy -movflags +faststart -map_metadata -1 -fflags +bitexact "$out/sample.mp4"
rm "$out/list.txt"
